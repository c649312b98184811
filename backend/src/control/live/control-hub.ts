import { Hub } from '../../realtime/hub.js'

/** The hub that dashboards connect to: the gateway's machinery, none of the gateway's connections. */
export class ControlHub extends Hub {}
