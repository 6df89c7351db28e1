import { Agent, setGlobalDispatcher } from 'undici'

/**
 * workerd closes a connection that was idle for 5 s and announces it to nobody. The `fetch` of Node lets go of it after
 * 4 s, by a clock of its own that is late by up to a second: what it sends in that instant is lost, and a trial would
 * have to count it as an answer that never came.
 */
setGlobalDispatcher(new Agent({ keepAliveTimeout: 1_000 }))
