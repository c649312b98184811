/** Samples of a Prometheus text, asked by name and labels. */
export class MetricsText {
  readonly #samples: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[] = []

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
      if (match === null) continue
      const labels: Record<string, string> = {}
      for (const [, label = '', value = ''] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
        labels[label] = value
      this.#samples.push({ name: match[1] ?? '', labels, value: Number(match[3]) })
    }
  }

  get names(): readonly string[] {
    return [...new Set(this.#samples.map(({ name }) => name))]
  }

  /** Sum of all samples of `name` whose labels contain `labels`; undefined where there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const fitting = this.#samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0)
  }
}
