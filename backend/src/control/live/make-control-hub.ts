import type { HubSettings } from '../../realtime/ports/hub-settings.js'
import type { HubPorts } from '../../realtime/ports/hub-ports.js'
import { defaultHubSettings } from '../../realtime/ports/hub-settings.js'
import { BanList } from '../../realtime/ports/ban-list.js'
import { RecordSink } from '../../realtime/ports/record-sink.js'
import { RoomStates } from '../../realtime/ports/room-state.js'
import { ControlHub } from './control-hub.js'
import { ViewerPolicy } from './viewer-policy.js'
import { ViewerTokens } from './viewer-tokens.js'

/** Bans are for clients; to keep an operator out, disable its account. */
class NoBans extends BanList {
  override ageMs(): number {
    return 0
  }
  override user(): undefined {
    return undefined
  }
  override address(): undefined {
    return undefined
  }
}

class NoClosedRooms extends RoomStates {
  override closed(): undefined {
    return undefined
  }
}

/** Dashboards appear in none of the gateway's lists, counts or records. */
class NoRecords extends RecordSink {
  override closed(): void {}
  override refused(): void {}
  override reconnected(): void {}
}

/**
 * The control hub, with the tokens its connections carry.
 *
 * @param own bus, sessions and limits of its own, not the gateway's
 * @param loopDelayMs how far the event loop lags
 */
export function makeControlHub(
  own: Pick<HubPorts, 'clock' | 'random' | 'bus' | 'history' | 'sessions' | 'limits' | 'codec'>,
  nodeId: string,
  loopDelayMs: () => number,
): { readonly hub: ControlHub; readonly tokens: ViewerTokens } {
  const tokens = new ViewerTokens()
  const hub = new ControlHub(controlHubPorts(own), controlHubSettings(nodeId, loopDelayMs), new ViewerPolicy(tokens))
  return { hub, tokens }
}

function controlHubPorts(
  own: Pick<HubPorts, 'clock' | 'random' | 'bus' | 'history' | 'sessions' | 'limits' | 'codec'>,
): HubPorts {
  return { ...own, bans: new NoBans(), roomStates: new NoClosedRooms(), records: new NoRecords() }
}

/** Room for everything a dashboard may watch at once, and for many dashboards of one operator. */
function controlHubSettings(nodeId: string, loopDelayMs: () => number): HubSettings {
  return {
    ...defaultHubSettings,
    nodeId,
    loopDelayMs,
    firstFrameAuth: false,
    maxConnectionsPerUser: 0,
    maxRoomsPerConnection: 256,
    maxRooms: 10_000,
    countsInBooks: false,
  }
}
