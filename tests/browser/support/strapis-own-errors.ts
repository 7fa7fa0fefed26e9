/** Errors in the console that Strapi 5.54 makes by itself, on every site. Any other one is ours. */

const STRAPIS_OWN: readonly RegExp[] = [
  // The admin panel looks for a newer release of Strapi; tests are offline.
  /Failed to load resource: net::ERR_\w+ https:\/\/api\.github\.com\/repos\/strapi\//,
  // Features of the paid editions, asked for and not found in the community edition.
  /status of 404 .*\/admin\/ai-(usage|token|feature-config)/,
  /status of 404 .*\/i18n\/ai-localization-jobs\//,
  /status of 404 .*\/content-manager\/preview\/url\//,
  // Who leaves a page ends its requests (`useFetchClient`), and Strapi's own pages do not catch that:
  /^AbortError: signal is aborted without reason/,
  // The playground brings no icon for the browser's tab.
  /status of (404|500) .*\/favicon\.ico/,
  // The remaining ones are said by a development build of the admin panel only. The upload dialog
  // hands a property of its layout on to the DOM:
  /React does not recognize the `%s` prop on a DOM element.* justifyContent/s,
  // Strapi's own texts, and names of content types, that are in no translation:
  /MISSING_TRANSLATION\] Missing message: "(?!bittorrent\.)/,
  // The Content-Type Builder keeps the `validator` of a custom field in its store:
  /non-serializable value .* `payload\.customField\.options\.validator`/,
];

/** @param error its text, then the address it is about, as `browser.ts` notes it */
export function isStrapisOwn(error: string): boolean {
  return STRAPIS_OWN.some((pattern) => pattern.test(error));
}
