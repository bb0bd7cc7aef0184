import { ensureMessages } from '../../scripts/lib/messages.mjs';

/** Makes the typed message functions, which sources import and no build may have made yet. */
export default ensureMessages;
