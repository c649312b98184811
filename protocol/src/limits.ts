/** Numbers that both ends of a connection must agree on. All sizes in bytes unless the name says otherwise. */
export const limits = {
  /** Longest room name and longest pattern, in characters. */
  roomNameLength: 255,
  /** Longest publish key, in characters. */
  keyLength: 64,
  /** How long one publish key answers with the same offset. */
  keyLifetimeMs: 300_000,
  /** Targets of one publish over REST. */
  publishTargets: 100,
  /** Longest token; a longer one is refused before it is decoded. */
  tokenBytes: 8_192,
  /** Largest HTTP header block of an opening request. */
  headerBytes: 16_384,
  /** What a connection may send before it has authenticated. */
  unauthenticatedBytes: 16_384,
  /** Rooms in one join frame. */
  joinRooms: 32,
  /** A user's own rooms, and positions in one connect frame. */
  ownRooms: 8,
  /** Deepest nesting of a frame, the frame itself counted as one. */
  jsonDepth: 32,
  /** Largest request id. */
  requestId: 4_294_967_295,
  /** Longest text of a close frame (RFC 6455 section 5.5: control payload 125, less 2 for the code). */
  closeTextBytes: 123,
  /** Longest name, version, label key or label value that a client may give, in characters. */
  clientFactLength: 64,
  /** Labels of one connection. */
  labels: 16,
  /** Largest claim `info` of a token, as JSON. */
  infoBytes: 1_024,
  /** Messages in one recovery. */
  recoveryMessages: 300,
  /** Encoded size of one recovery. */
  recoveryBytes: 262_144,
  /** Encoded size of all recoveries in one reply to a join of many rooms. */
  recoveryReplyBytes: 786_432,
  /** Messages in one page of history: the most, and the default. */
  historyMessages: 300,
  historyDefault: 100,
  /** Undecodable or unknown frames in a minute before the connection closes as too_many_errors. */
  errorsPerMinute: 10,
} as const
