import type { ReactNode } from 'react';

import { Box, Flex, Typography } from '@strapi/design-system';
import { Information, WarningCircle } from '@strapi/icons';

type NoteTone = 'info' | 'warning' | 'danger';

const COLORS: Record<NoteTone, { text: string; icon: string }> = {
  info: { text: 'neutral600', icon: 'neutral500' },
  warning: { text: 'warning700', icon: 'warning600' },
  danger: { text: 'danger600', icon: 'danger600' },
};

interface NoteProps {
  tone?: NoteTone;
  children: ReactNode;
}

/** One sentence with the icon of its weight; never by colour alone. */
export const Note = ({ tone = 'info', children }: NoteProps) => {
  const Icon = tone === 'info' ? Information : WarningCircle;
  const { text, icon } = COLORS[tone];

  return (
    <Flex gap={2} alignItems="flex-start" width="100%">
      <Box flex="0 0 auto" paddingTop="2px" lineHeight={0}>
        <Icon width="1.4rem" height="1.4rem" fill={icon} aria-hidden />
      </Box>
      <Typography variant="pi" textColor={text} minWidth={0} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Typography>
    </Flex>
  );
};
