import type { CloseEvidence, CloseReason } from '@gatehouse/protocol'
import type { GatewaySettings } from './gateway-settings.js'
import type { WireFault } from './socket-owner.js'

/** The close reasons that a client's bytes alone can cause. */
export type FaultReason = Extract<
  CloseReason,
  | 'protocol_error'
  | 'invalid_payload'
  | 'message_too_big'
  | 'unfinished_message'
  | 'policy_violation'
  | 'unsupported_data'
>

/** Our phrases for ws's names of what broke RFC 6455. */
const RULES: Readonly<Record<string, string>> = {
  WS_ERR_EXPECTED_FIN: 'a fragmented control frame',
  WS_ERR_EXPECTED_MASK: 'an unmasked frame',
  WS_ERR_INVALID_CLOSE_CODE: 'a close code that may not be sent',
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 'a control frame of a wrong length',
  WS_ERR_INVALID_OPCODE: 'an opcode that does not belong there',
  WS_ERR_UNEXPECTED_RSV_1: 'a reserved bit',
  WS_ERR_UNEXPECTED_RSV_2_3: 'a reserved bit',
}

/** Reason and evidence of a fault that ws's receiver found. */
export function explainFault(
  fault: WireFault,
  limits: Pick<GatewaySettings, 'maxFrameBytes' | 'maxFragments'>,
): { readonly reason: FaultReason; readonly evidence: CloseEvidence } {
  switch (fault.code) {
    case 1007:
      return { reason: 'invalid_payload', evidence: {} }
    case 1008:
      return { reason: 'policy_violation', evidence: { rule: 'fragments', limit: limits.maxFragments } }
    case 1009:
      return { reason: 'message_too_big', evidence: { limit: limits.maxFrameBytes } }
    default:
      return { reason: 'protocol_error', evidence: { rule: RULES[fault.name] ?? 'a malformed frame' } }
  }
}
