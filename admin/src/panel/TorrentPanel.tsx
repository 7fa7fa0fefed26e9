/** The side panel of the edit view: every torrent of the entry at a glance. */

import { Divider, Flex, Typography } from '@strapi/design-system';
import { CheckCircle, WarningCircle } from '@strapi/icons';
import { unstable_useDocument as useDocument } from '@strapi/strapi/admin';
import type { StrapiApp } from '@strapi/strapi/admin';

import type { AdminFieldState, EverseedState, WebSeedProblem } from '../../../shared/admin-api';
import { Note } from '../components/Note';
import { problemText } from '../components/problem-text';
import { Served } from '../components/Served';
import { StatusTag } from '../components/StatusTag';
import { SwarmCounters } from '../components/SwarmCounters';
import { useFormat } from '../components/use-format';
import { hasTorrentField, readablePath } from '../field/attribute-path';
import { useEditedEntry } from '../field/use-edited-entry';
import { useFieldStates } from '../field/use-field-states';
import type { FieldStates } from '../field/use-field-states';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';

interface PanelProps {
  model: string;
  collectionType: string;
  document?: unknown;
}

const WEB_SEED_PROBLEMS: Record<WebSeedProblem, MessageKey> = {
  off: 'bittorrent.web-seed.off',
  'not-ready': 'bittorrent.web-seed.not-ready',
  'file-missing': 'bittorrent.web-seed.file-missing',
  'file-changed': 'bittorrent.web-seed.file-changed',
  unreadable: 'bittorrent.web-seed.unreadable',
};

const WebSeed = ({ field }: { field: AdminFieldState }) => {
  const t = useTranslate();
  const { webSeed } = field;
  const calm = webSeed.ok || webSeed.reason === 'off' || webSeed.reason === 'not-ready';
  const Icon = calm ? CheckCircle : WarningCircle;

  return (
    <Flex gap={2} alignItems="flex-start">
      {(webSeed.ok || !calm) && (
        <Flex height="1.6rem" flex="0 0 auto">
          <Icon
            width="1.4rem"
            height="1.4rem"
            fill={webSeed.ok ? 'success600' : 'danger600'}
            aria-hidden
          />
        </Flex>
      )}
      <Typography variant="pi" textColor={calm ? 'neutral600' : 'danger600'}>
        {webSeed.ok ? t('bittorrent.web-seed.ok') : t(WEB_SEED_PROBLEMS[webSeed.reason])}
      </Typography>
    </Flex>
  );
};

const EVERSEED_TEXTS: Record<Exclude<EverseedState, 'none'>, MessageKey> = {
  on: 'bittorrent.everseed.on',
  off: 'bittorrent.everseed.off',
  paused: 'bittorrent.everseed.paused',
};

const Everseed = ({ state }: { state: EverseedState }) => {
  const t = useTranslate();
  if (state === 'none') return null;

  return (
    <Flex gap={2} alignItems="flex-start">
      {state === 'on' && (
        <Flex height="1.6rem" flex="0 0 auto">
          <CheckCircle width="1.4rem" height="1.4rem" fill="success600" aria-hidden />
        </Flex>
      )}
      <Typography variant="pi" textColor="neutral600">
        {t(EVERSEED_TEXTS[state])}
      </Typography>
    </Flex>
  );
};

const PanelField = ({ field }: { field: AdminFieldState }) => {
  const t = useTranslate();
  const format = useFormat();
  const title = readablePath(field.path).join(' › ');

  return (
    <Flex tag="section" aria-label={title} direction="column" alignItems="stretch" gap={3}>
      <Flex gap={2} justifyContent="space-between">
        <Typography fontWeight="bold" textColor="neutral800" ellipsis minWidth={0} title={title}>
          {title}
        </Typography>
        <StatusTag status={field.status} problem={field.error} />
      </Flex>
      {field.status === 'hashing' && (
        <Typography variant="pi" textColor="neutral600">
          {t('bittorrent.panel.hashed', { percent: format.percent(field.progress) })}
        </Typography>
      )}
      {field.status === 'failed' && <Note tone="danger">{problemText(t, field.error)}</Note>}
      {(field.status === 'ready' || field.status === 'stale') && (
        <>
          <SwarmCounters isNarrow counts={field} />
          <Served served={field.served} />
          <WebSeed field={field} />
          {field.status === 'ready' && <Everseed state={field.everseed} />}
        </>
      )}
    </Flex>
  );
};

const WITHOUT_FIELDS: Record<FieldStates['kind'], MessageKey> = {
  known: 'bittorrent.panel.none',
  loading: 'bittorrent.field.loading',
  forbidden: 'bittorrent.field.forbidden',
  unreachable: 'bittorrent.field.unreachable',
};

const PanelContent = () => {
  const t = useTranslate();
  const { entry } = useEditedEntry();
  const states = useFieldStates(entry);

  const fields = states.kind === 'known' ? states.fields : [];

  if (fields.length === 0) {
    const text =
      entry.kind === 'unsaved' ? 'bittorrent.field.unsaved' : WITHOUT_FIELDS[states.kind];

    return (
      <Typography variant="pi" textColor="neutral600">
        {t(text)}
      </Typography>
    );
  }

  return (
    <Flex direction="column" alignItems="stretch" gap={4} width="100%">
      {fields.map((field, index) => (
        <Flex key={field.path} direction="column" alignItems="stretch" gap={4}>
          {index > 0 && <Divider />}
          <PanelField field={field} />
        </Flex>
      ))}
    </Flex>
  );
};

/** Strapi calls this as a hook: it must call the same hooks every time. */
const TorrentPanel = ({ model, collectionType, document }: PanelProps) => {
  const t = useTranslate();
  const { schema, components } = useDocument({ model, collectionType }, { skip: true });
  const shown =
    document !== undefined && schema !== undefined && hasTorrentField(schema, components);

  return shown ? { title: t('bittorrent.panel.title'), content: <PanelContent /> } : null;
};

interface ContentManagerApis {
  addEditViewSidePanel: (panels: (typeof TorrentPanel)[]) => void;
}

export const registerTorrentPanel = (app: Pick<StrapiApp, 'getPlugin'>) => {
  // Plugins' APIs are untyped: this is the one that Strapi documents.
  const apis = app.getPlugin('content-manager').apis as unknown as ContentManagerApis;
  apis.addEditViewSidePanel([TorrentPanel]);
};
