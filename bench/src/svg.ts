export const WIDTH = 840
export const MARGIN = 24

export interface Caption {
  readonly title: string
  /** One line each. */
  readonly notes: readonly [string, string]
}

/** Draws its own background, so that it is readable on light and dark pages. No scripts, no external fonts. */
const STYLE = `
.card{fill:#fff;stroke:#d0d7de}.t{fill:#1f2328}.q{fill:#59636e}.one{stroke:#59636e;stroke-width:1.5}
.grid{stroke:#d1d9e0}.g{fill:#0969da}.s{fill:#8c959f}.n{fill:#b1b9c1}.o{fill:#d5dade}.goal{stroke:#bc4c00;stroke-width:2.5}.way{fill:none;stroke:#0969da;stroke-width:1.5}
text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.l{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}.h{font-size:15px;font-weight:600}.b{font-weight:600}
@media(prefers-color-scheme:dark){.card{fill:#0d1117;stroke:#3d444d}.t{fill:#f0f6fc}.q{fill:#9198a1}
.l{stroke:#0d1117}.one{stroke:#9198a1}.grid{stroke:#2a3038}.g{fill:#4493f8}.s{fill:#7d8590}.n{fill:#58616b}.o{fill:#3b424a}.goal{stroke:#f0883e}.way{stroke:#4493f8}}`

/** A whole picture: a card with its caption, which also says in words what it shows. */
export function card({ title, notes }: Caption, height: number, words: string, parts: readonly string[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title><desc id="d">${escaped(words)}</desc><style>${STYLE}</style>`,
    `<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    text(MARGIN, 32, title, 't h'),
    text(MARGIN, 52, notes[0], 'q'),
    text(MARGIN, 68, notes[1], 'q'),
    ...parts,
  ].join('\n')}\n</svg>\n`
}

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function line(x1: number, y1: number, x2: number, y2: number, name: string): string {
  return `<line class="${name}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
}

export function text(x: number, y: number, said: string, name: string, anchor = 'start'): string {
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text class="${name}" x="${round(x)}" y="${y}"${anchored}>${escaped(said)}</text>`
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
