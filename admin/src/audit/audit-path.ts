/** Below the plugin's own path. */
export const AUDIT_PATH = 'audit';
