/** How many dashboards are connected, and how much is sent to them. */
export abstract class Viewers {
  abstract count(): number
  /** Bytes per second sent to them, averaged over the last 5 s. */
  abstract bytesPerSecond(): number
}
