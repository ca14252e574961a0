/** Reads and writes CHANGELOG.md for a release. Its format is Keep a Changelog. */

const UNRELEASED = '## [Unreleased]\n';

/** The versions that have a section, in the order of the file. */
export function releasedVersions(text) {
  return [...text.matchAll(/^## \[(\d[^\]]*)\]/gm)].map(([, version]) => version);
}

/**
 * The entries for the next version: the section [Unreleased] without its heading. Empty where it has no
 * entry.
 */
export function unreleased(text) {
  const begin = text.indexOf(UNRELEASED);
  if (begin === -1) return '';
  const [section] = text.slice(begin + UNRELEASED.length).split(/^## /m);
  return /^- \S/m.test(section) ? section.trim() : '';
}

/**
 * The text after the release: the unreleased entries are under the version and its date, and [Unreleased] is
 * empty.
 */
export function released(text, version, day) {
  return text.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${day}\n`);
}
