/** The metrics in the text format of Prometheus. */
export abstract class MetricsText {
  abstract readonly contentType: string
  abstract text(): Promise<string>
}
