/** Follows the developer's link at once. */
export const SIGN_IN_SCRIPT = `'use strict';
document.getElementById('enter')?.submit();
`;
