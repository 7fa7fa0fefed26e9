import { Link } from '@strapi/design-system';
import { Link as RouterLink } from 'react-router-dom';

/** By style: the design system's own display is a flexbox, which does not shorten the text within. */
const SHORTENED = {
  display: 'block',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
} as const;

interface ShortLinkProps {
  to: string;
  text: string;
  title: string;
}

/** A link within the panel that takes one line, and no more room than it is given. */
export const ShortLink = ({ to, text, title }: ShortLinkProps) => (
  <Link tag={RouterLink} to={to} title={title} minWidth={0} maxWidth="100%" style={SHORTENED}>
    {text}
  </Link>
);
