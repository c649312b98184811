export {
  Gatehouse,
  gatehouse,
  type GatehouseOptions,
  type ServerPublishOptions,
  type Target,
  type TargetResult,
  type TokenFacts,
} from './gatehouse.js'
export { RestError, type FieldFault } from './rest-error.js'
