/** The languages of Stripe's payment page, in the version that we use. */
const LOCALES =
  'bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW'.split(
    ' ',
  );

/** Stripe writes Norwegian as Bokmål, whichever of the two the payer reads. */
const OTHER_NAMES: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb' };

/**
 * The nearest language of the payment page: `sv-SE` becomes `sv`. Undefined where it has none; the page then
 * follows the payer's browser.
 */
export function localeOf(language: string | undefined): string | undefined {
  if (language === undefined) return undefined;
  const wanted = language.replaceAll('_', '-').toLowerCase();
  const [short = ''] = wanted.split('-', 1);
  return named(wanted) ?? named(OTHER_NAMES[short] ?? short);
}

function named(wanted: string): string | undefined {
  return LOCALES.find((locale) => locale.toLowerCase() === wanted);
}
