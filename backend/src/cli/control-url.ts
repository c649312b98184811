import type { Config } from '../config/config.js'
import { notedControlUrl } from '../config/local-access.js'
import { UsageFault } from './run-command.js'

/**
 * The address of the control room for a browser on this machine: `localhost`, from which browsers keep Secure cookies.
 *
 * @throws UsageFault if only a running node knows the port
 */
export function controlUrlOf(config: Pick<Config, 'dataDir' | 'control' | 'tls'>): string {
  const noted = notedControlUrl(config.dataDir)
  if (noted === undefined && config.control.port === 0) {
    throw new UsageFault(
      'CONTROL_PORT 0 picks a port at the start, so the link is known only while the node runs. Start the node.',
    )
  }
  return noted ?? printableUrl(config.control.host, config.control.port, config.tls !== null)
}

/** A listener's address as a link: `localhost` for loopback and for all interfaces. */
function printableUrl(host: string, port: number, isTls: boolean): string {
  const isLocal = ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::'].includes(host)
  const name = isLocal ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${isTls ? 'https' : 'http'}://${name}:${port}`
}
