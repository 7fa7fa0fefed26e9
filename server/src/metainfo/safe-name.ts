/**
 * Names inside a torrent. A name that is fine in a media library can break a client: `# ? %` are
 * not escaped in web-seed requests by some (WebTorrent) and rewritten by others (Transmission),
 * separators and dots escape the download folder, reserved names cannot exist on Windows.
 */

const MAX_BYTES = 255; // what ext4, NTFS and APFS allow for one name
/** Control characters, bidirectional overrides (they disguise extensions), lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Joiners are invisible too, but emoji and several scripts are spelt with them. */
const JOINERS = new Set(['\u200C', '\u200D']);
const UNSAFE = /[\\/:*?"<>|#%]/g;
const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;

/** One path segment that every client and file system can hold; never empty. */
export function safeName(name: string, fallback = 'file'): string {
  const visible = name
    .normalize('NFC')
    .replace(INVISIBLE, (character) => (JOINERS.has(character) ? character : ''));
  const trimmed = trim(visible.replace(UNSAFE, '_'));
  const named = trimmed === '' ? fallback : trimmed;
  const unreserved = WINDOWS_RESERVED.test(named) ? `_${named}` : named;
  return trim(limitBytes(unreserved));
}

/** Leading dots hide a file or climb out of its folder; Windows drops trailing dots and spaces. */
function trim(name: string): string {
  return name.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '');
}

function limitBytes(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const { stem, extension } = splitExtension(name);
  let shortened = '';
  let room = MAX_BYTES - Buffer.byteLength(extension);
  for (const character of stem) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    shortened += character;
  }
  return `${shortened}${extension}`;
}

export function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  // A "extension" of a paragraph's length is a dot in the middle of a title.
  if (extension === '' || Buffer.byteLength(extension) > 32) return { stem: name, extension: '' };
  return { stem: name.slice(0, dot), extension };
}

/**
 * Safe names for files of one folder, unique also where case is ignored (Windows, macOS):
 * the second `a.bin` becomes `a (2).bin`.
 */
export function uniqueSafeNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = safeName(name);
    let candidate = safe;
    for (let n = 2; taken.has(candidate.toLowerCase()); n += 1) {
      const { stem, extension } = splitExtension(safe);
      const suffix = ` (${n})${extension}`;
      candidate = safeName(`${cut(stem, MAX_BYTES - Buffer.byteLength(suffix))}${suffix}`);
    }
    taken.add(candidate.toLowerCase());
    return candidate;
  });
}

function cut(text: string, bytes: number): string {
  let result = text;
  while (Buffer.byteLength(result) > bytes) result = Array.from(result).slice(0, -1).join('');
  return result;
}

/**
 * The folder of a multi-file torrent, from its files alone: a title can be edited, and may be
 * secret in an entry that shares its files with a public one.
 * `disc 1.iso, disc 2.iso` → `disc`; without a common beginning `a.iso and 2 more`.
 */
export function folderNameFor(names: readonly string[]): string {
  const stems = names.map((name) => splitExtension(name).stem);
  const prefix = commonPrefix(stems).replace(/[\s\d._\-–—([{]+$/u, '');
  if (Array.from(prefix).length >= 3) return safeName(prefix);
  return safeName(`${cut(stems[0] ?? '', 200)} and ${names.length - 1} more`);
}

function commonPrefix(texts: readonly string[]): string {
  const [first = [], ...rest] = texts.map((text) => Array.from(text));
  let length = first.length;
  for (const other of rest) {
    let same = 0;
    while (same < length && first[same] === other[same]) same += 1;
    length = same;
  }
  return first.slice(0, length).join('');
}
