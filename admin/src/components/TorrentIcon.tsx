/** A magnet, after the magnet links that torrents are passed on by. */

import { useTheme } from 'styled-components';

const MAGNET =
  'M5.75 4h4.5c.7 0 1.25.56 1.25 1.25V8.5h-7V5.25C4.5 4.56 5.06 4 5.75 4m16 0h4.5c.7 0 1.25.56 1.25 1.25V8.5h-7V5.25c0-.69.56-1.25 1.25-1.25M4.5 10.5h7v6a4.5 4.5 0 0 0 9 0v-6h7v6a11.5 11.5 0 0 1-23 0z';

interface IconProps {
  className?: string;
  width?: string | number;
  height?: string | number;
  fill?: string;
}

/** For the menu. Takes the design system's colour names, as the icons of Strapi do. */
export const TorrentIcon = ({ fill = 'currentColor', ...rest }: IconProps) => {
  const { colors } = useTheme();
  const color = fill in colors ? colors[fill as keyof typeof colors] : fill;

  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox="0 0 32 32"
      width={16}
      height={16}
      fill={color}
      aria-hidden
      {...rest}
    >
      <path d={MAGNET} />
    </svg>
  );
};

/** For the Content-Type Builder: a tile of the same size and shape as the built-in fields'. */
export const TorrentFieldIcon = (props: IconProps) => {
  const { colors } = useTheme();

  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox="0 0 32 32"
      width={16}
      height={16}
      aria-hidden
      {...props}
    >
      <rect
        width={31}
        height={23}
        x={0.5}
        y={4.5}
        rx={2.5}
        fill={colors.success100}
        stroke={colors.success200}
      />
      <path d={MAGNET} fill={colors.success600} transform="translate(8.48 8.48) scale(0.47)" />
    </svg>
  );
};
