import { HubEdge } from '../../gateway/hub-edge.js'

/** The edge of the control port. */
export class LiveEdge extends HubEdge {}
