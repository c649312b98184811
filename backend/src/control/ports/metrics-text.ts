/** The metrics as Prometheus reads them. */
export abstract class MetricsText {
  abstract readonly contentType: string
  abstract text(): Promise<string>
}
