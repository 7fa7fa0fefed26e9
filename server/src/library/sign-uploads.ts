/**
 * Makes Strapi hand out signed URLs of protected uploads, where it would do so for a private provider:
 * in the media library, in REST and GraphQL, and in entries that the document service returns.
 *
 * The local provider itself goes on saying that it is not private. It cannot say so of single files: if
 * it were private, all files would be marked as signed, and `strapi export` would look for files by
 * their signed URLs.
 */

import type { Core } from '@strapi/strapi';
import { traverseEntity } from '@strapi/utils';
import { isDryRun, ticketHolderFromAuth, type TicketHolder } from '../access';
import type { DocumentMiddleware } from './document-hooks';
import type { UploadDoor } from './upload-door';
import { uploadPath } from './upload-index';

/** Whatever of it a query has selected. */
interface StrapiFile {
  hash?: string;
  ext?: string | null;
  url?: string;
  provider?: string;
  formats?: Record<string, StrapiFile> | null;
  isUrlSigned?: boolean;
}

interface FileService {
  signFileUrls(file: StrapiFile): Promise<StrapiFile>;
}

interface ServiceRegistry {
  extend(uid: string, extendFn: (service: FileService) => FileService): void;
}

interface Found {
  key: string;
  value: unknown;
  set: (key: string, value: Traverse[2]) => void;
}

type Traverse = Parameters<typeof traverseEntity>;

/** Name of the content type, and of the service. */
const FILE = 'plugin::upload.file';

/** Call in register. */
export function registerSigning(strapi: Core.Strapi, door: () => UploadDoor): void {
  const holder = (): TicketHolder | null => {
    const context = strapi.requestContext.get();
    return isDryRun(context) ? null : ticketHolderFromAuth(context?.state['auth']);
  };

  // Strapi's controllers and its GraphQL plugin look the function up at every call.
  const services: ServiceRegistry = strapi.get('services');
  services.extend(FILE, (service: FileService) => ({
    ...service,
    async signFileUrls(file: StrapiFile) {
      const unsigned = await service.signFileUrls(file);
      const reader = holder();
      return reader === null ? unsigned : signFile(unsigned, reader, door());
    },
  }));

  const use = strapi.documents.use.bind(strapi.documents);
  const middleware: DocumentMiddleware = async (context, next) => {
    const result = await next();
    const reader = holder();
    if (reader === null || door().isIdle || !holdsProtected(result, door())) return result;
    return signResult(strapi, context.uid, result, reader, door());
  };
  use(middleware as Parameters<typeof use>[0]);
}

async function signResult(
  strapi: Core.Strapi,
  uid: string,
  result: unknown,
  holder: TicketHolder,
  door: UploadDoor,
): Promise<unknown> {
  if (Array.isArray(result)) {
    return Promise.all(result.map((entry) => signResult(strapi, uid, entry, holder, door)));
  }
  if (!isRecord(result)) return result;
  if ('entries' in result && Array.isArray(result['entries'])) {
    return { ...result, entries: await signResult(strapi, uid, result['entries'], holder, door) };
  }
  if (uid === FILE) return signFile(result, holder, door);
  const getModel = (name: string) =>
    strapi.getModel(name as Parameters<Core.Strapi['getModel']>[0]);
  const found: Found[] = [];
  const copy = await traverseEntity(
    ({ key, value, attribute }, utils) => {
      const set: Found['set'] = (name, signed) => utils.set(name, signed);
      if (attribute?.type === 'media') found.push({ key, value, set });
    },
    { schema: getModel(uid), getModel } as Traverse[1],
    result as Traverse[2],
  );
  await Promise.all(
    found.map(async ({ key, value, set }) => {
      const sign = (file: unknown) => (isRecord(file) ? signFile(file, holder, door) : file);
      const signed = Array.isArray(value) ? await Promise.all(value.map(sign)) : await sign(value);
      set(key, signed as Traverse[2]);
    }),
  );
  return copy;
}

/** The file itself when it needs no signature. */
async function signFile(
  file: StrapiFile,
  holder: TicketHolder,
  door: UploadDoor,
): Promise<StrapiFile> {
  if (!holdsProtected(file, door)) return file;
  const formats = await Promise.all(
    Object.entries(file.formats ?? {}).map(
      async ([name, format]) => [name, await withSignedUrl(format, holder, door)] as const,
    ),
  );
  const signed = await withSignedUrl(file, holder, door);
  return file.formats == null ? signed : { ...signed, formats: Object.fromEntries(formats) };
}

async function withSignedUrl(
  file: StrapiFile,
  holder: TicketHolder,
  door: UploadDoor,
): Promise<StrapiFile> {
  const path = pathOf(file);
  const url = path === null ? null : await door.signedUrl(path, holder);
  return url === null ? file : { ...file, url, isUrlSigned: true };
}

/** Nearly every result holds none, and is left alone for the price of this look. */
function holdsProtected(value: unknown, door: UploadDoor): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsProtected(item, door));
  if (!isRecord(value)) return false;
  const path = pathOf(value);
  if (path !== null && door.isProtected(path)) return true;
  return Object.values(value).some((item) => holdsProtected(item, door));
}

/** By its name, because the URL of a file can have been signed before; else by its URL. */
function pathOf({ hash, ext, url, provider }: StrapiFile): string | null {
  if (typeof url !== 'string' || (provider !== undefined && provider !== 'local')) return null;
  if (typeof hash === 'string' && ext !== undefined) return uploadPath({ hash, ext });
  const [, name] = /^\/(uploads\/[^?]+)$/.exec(url) ?? [];
  return name ?? null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
