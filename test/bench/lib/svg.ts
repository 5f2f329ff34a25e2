/** The few pieces of SVG that the plots are made of. */

export const INK = {
  dark: '#22303c',
  soft: '#6b7885',
  grid: '#dde2e6',
  band: '#f3f5f3',
  paper: '#fcfcfa',
};

interface TextStyle {
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: number;
  readonly fill?: string;
  /** Reads upwards. */
  readonly isUpright?: boolean;
}

/** Text whose baseline begins (or has its middle or end) at x, y. */
export function text(x: number, y: number, content: string, style: TextStyle): string {
  const { size, anchor = 'start', weight = 400, fill = INK.dark, isUpright = false } = style;
  const turned = isUpright ? ` transform="rotate(-90 ${x} ${y})"` : '';
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" font-weight="${weight}" fill="${fill}"${turned}>${escape(content)}</text>`;
}

export function escape(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A whole picture on light paper, with a title for who cannot see it. */
export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${INK.paper}"/>`,
    ...parts.map((part) => part.replace(/(\d+\.\d\d)\d+/g, '$1')),
    '</svg>\n',
  ].join('\n');
}
