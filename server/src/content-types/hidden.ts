/** Options every table of the plugin has in common. */

export const hidden = {
  'content-manager': { visible: false },
  'content-type-builder': { visible: false },
};

export const index = (table: string, column: string, type: 'unique' | null = null) => ({
  name: `${table}_${column}_idx`,
  columns: [column],
  type,
});
