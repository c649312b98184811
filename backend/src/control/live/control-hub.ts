import { Hub } from '../../realtime/hub.js'

/** The hub that dashboards connect to: the same code as the gateway's hub, but its own connections. */
export class ControlHub extends Hub {}
