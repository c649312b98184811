import type { ProxyRange } from '../net/client-address.js'

export interface ControlSettingsValues {
  readonly nodeId: string
  /** Chosen at random at the cluster's first start; part of the cookie's name. */
  readonly clusterId: string
  readonly environment: 'production' | 'development'
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** GATEHOUSE_ADMIN_KEY; a secret. */
  readonly adminKey: string | undefined
  /** A second admin key that local commands find in DATA_DIR; a secret. */
  readonly localKey: string | undefined
  readonly trustProxy: readonly ProxyRange[]
  /** Folder of the built dashboard. */
  readonly dashboardFolder: string
}

/** What the control plane is configured with at the start. */
export class ControlSettings {
  readonly nodeId: string
  readonly clusterId: string
  readonly environment: 'production' | 'development'
  readonly version: string
  readonly startedAt: number
  readonly adminKey: string | undefined
  readonly localKey: string | undefined
  readonly trustProxy: readonly ProxyRange[]
  readonly dashboardFolder: string

  constructor(values: ControlSettingsValues) {
    this.nodeId = values.nodeId
    this.clusterId = values.clusterId
    this.environment = values.environment
    this.version = values.version
    this.startedAt = values.startedAt
    this.adminKey = values.adminKey
    this.localKey = values.localKey
    this.trustProxy = values.trustProxy
    this.dashboardFolder = values.dashboardFolder
  }
}
