/** Below the plugin's own path. */
export const KEYS_PATH = 'keys';
