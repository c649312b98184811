import { setFlagsFromString } from 'node:v8'

/**
 * V8 learns which lines of code make objects that live long, and then makes them in the old space at once. After a wave
 * of connects it takes those of messages for such: dead ones in the old space keep young ones alive, and a scavenge of
 * 3 ms takes 18 (decision 0011). So nothing is learned. It must be set before the code that allocates is optimised.
 */
setFlagsFromString('--no-allocation-site-pretenuring')
