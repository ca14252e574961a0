/** CHANGELOG.md as a release reads and writes it. Its form is that of Keep a Changelog. */

const UNRELEASED = '## [Unreleased]\n';

/** The versions that it has a section for, as they stand in it. */
export function releasedVersions(text) {
  return [...text.matchAll(/^## \[(\d[^\]]*)\]/gm)].map(([, version]) => version);
}

/** What the next version brings: the section of [Unreleased] without its heading; empty where there is no entry in it. */
export function unreleased(text) {
  const begin = text.indexOf(UNRELEASED);
  if (begin === -1) return '';
  const [section] = text.slice(begin + UNRELEASED.length).split(/^## /m);
  return /^- \S/m.test(section) ? section.trim() : '';
}

/** The next text: what was unreleased stands under the version and its day, and [Unreleased] is empty. */
export function released(text, version, day) {
  return text.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${day}\n`);
}
