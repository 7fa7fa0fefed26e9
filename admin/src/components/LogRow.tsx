import type { ReactNode } from 'react';

import { Flex, Typography } from '@strapi/design-system';

/** Names and hashes have no spaces to break at. */
const ANYWHERE = { overflowWrap: 'anywhere' } as const;

interface LogRowProps {
  sentence: string;
  details: readonly string[];
  /** Buttons of who may act on it. */
  actions: ReactNode;
}

/** A row of a list that reads like a log: as readable on a phone as on a desk. */
export const LogRow = ({ sentence, details, actions }: LogRowProps) => (
  <Flex
    tag="li"
    gap={4}
    justifyContent="space-between"
    paddingTop={3}
    paddingBottom={3}
    paddingLeft={5}
    paddingRight={5}
    borderColor="neutral150"
    borderStyle="solid"
    borderWidth="0 0 1px 0"
  >
    <Flex direction="column" alignItems="flex-start" gap={1} minWidth={0}>
      <Typography textColor="neutral800" style={ANYWHERE}>
        {sentence}
      </Typography>
      <Typography variant="pi" textColor="neutral600" style={ANYWHERE}>
        {details.join(' · ')}
      </Typography>
    </Flex>
    {actions}
  </Flex>
);
