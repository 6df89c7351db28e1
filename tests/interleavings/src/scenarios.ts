import * as a from './requests.js'
import type { Scenario } from './scenario.js'

const there = { process: 1 }
/** Hours: a day but for one second. */
const NEARLY_OVER = 24 - 1 / 3600

/** Requests of one session, in one process or two. */
export const scenarios: readonly Scenario[] = [
  // Changes.
  { name: 'two updates', requests: { A: a.add(), B: a.add() } },
  { name: 'two updates, two processes', requests: { A: a.add(), B: a.add(there) } },
  { name: 'three updates', requests: { A: a.add(), B: a.add(), C: a.add() } },
  { name: 'three updates, two processes', requests: { A: a.add(), B: a.add(), C: a.add(there) } },
  {
    name: 'sets of one key and of another',
    requests: { A: a.set('left'), B: a.set('left', there), C: a.set('right', there) },
  },
  {
    name: 'two sets, one after the other',
    requests: { A: a.set('left'), B: a.set('left', { after: ['A'] }), C: a.add(there) },
  },
  { name: 'a use that is due beside an update', age: 3, requests: { A: a.read(), B: a.add() } },
  { name: 'a use that is due beside an update, two processes', age: 3, requests: { A: a.read(), B: a.add(there) } },
  { name: 'an update beside a handler that throws', requests: { A: a.add(), B: a.addAndThrow(), C: a.read() } },
  { name: 'a save in the middle beside an update', requests: { A: a.saveInTheMiddle(), B: a.add() } },
  {
    name: 'a save in the middle beside an update, two processes',
    requests: { A: a.saveInTheMiddle(), B: a.add(there) },
  },
  { name: 'an edit beside an update', requests: { A: a.editFirst(), B: a.add(there) } },
  { name: 'a shorter lifetime beside a use that is due', age: 3, requests: { A: a.shorten(60), B: a.read(there) } },
  {
    name: 'a shorter lifetime beside a use that is due, one process',
    age: 3,
    requests: { A: a.shorten(60), B: a.read() },
  },
  { name: 'two that work alone', requests: { A: a.alone(), B: a.alone(there) } },
  { name: 'one that works alone beside a set', requests: { A: a.alone(), B: a.set('right', there) } },
  { name: 'an update that is sent again', requests: { A: a.add({ retries: true }), B: a.add(there) } },
  // Signing in.
  { name: 'a sign-in beside an update', requests: { A: a.signIn('ada'), B: a.add() } },
  { name: 'a sign-in beside an update, two processes', requests: { A: a.signIn('ada'), B: a.add(there) } },
  {
    name: 'a sign-in beside two updates, two processes',
    requests: { A: a.signIn('ada'), B: a.add(there), C: a.add(there) },
  },
  {
    name: 'a sign-in that updates beside an update',
    requests: { A: a.signIn('ada', { adds: true, restart: true }), B: a.add() },
  },
  { name: 'a sign-in beside a use that is due', age: 3, requests: { A: a.signIn('ada'), B: a.read() } },
  {
    name: 'a sign-in beside a use that is due, two processes',
    age: 3,
    requests: { A: a.signIn('ada'), B: a.read(there) },
  },
  { name: 'a double click on sign-in', requests: { A: a.signIn('ada'), B: a.signIn('ada') } },
  { name: 'a double click on sign-in, two processes', requests: { A: a.signIn('ada'), B: a.signIn('bob', there) } },
  {
    name: 'a double click on sign-in beside an update',
    requests: { A: a.signIn('ada'), B: a.signIn('bob', there), C: a.add(there) },
  },
  { name: 'a first double click on sign-in', isNew: true, requests: { A: a.signIn('ada'), B: a.signIn('bob') } },
  { name: 'a sign-in, sent again', requests: { A: a.signIn('ada', { retries: true }), B: a.add(there) } },
  {
    name: 'a sign-in, then another',
    requests: { A: a.signIn('ada'), B: a.signIn('bob', { after: ['A'] }), C: a.add(there) },
  },
  {
    name: 'a sign-in, then an update, beside an update',
    requests: { A: a.signIn('ada'), B: a.add({ after: ['A'] }), C: a.add(there) },
  },
  // Rotating.
  { name: 'a rotation beside an update', requests: { A: a.rotate(10), B: a.add() } },
  { name: 'a rotation beside an update, two processes', requests: { A: a.rotate(10), B: a.add(there) } },
  { name: 'two rotations', requests: { A: a.rotate(10), B: a.rotate(10) } },
  { name: 'two rotations, two processes', requests: { A: a.rotate(10), B: a.rotate(10, there) } },
  { name: 'a rotation beside a sign-in', requests: { A: a.rotate(10), B: a.signIn('ada', there) } },
  { name: 'a rotation beside a sign-out', requests: { A: a.rotate(60), B: a.signOut(there) } },
  { name: 'a rotation beside a sign-out, one process', requests: { A: a.rotate(60), B: a.signOut() } },
  { name: 'a rotation beside a use that is due', age: 3, requests: { A: a.rotate(10), B: a.read(there) } },
  // Signing out.
  { name: 'a sign-out beside an update', requests: { A: a.signOut(), B: a.add() } },
  { name: 'a sign-out beside an update, two processes', requests: { A: a.signOut(), B: a.add(there) } },
  { name: 'a sign-out beside a use that is due', age: 3, requests: { A: a.signOut(), B: a.read(there) } },
  { name: 'a sign-out beside a sign-in', requests: { A: a.signOut(), B: a.signIn('ada') } },
  { name: 'a sign-out beside a sign-in, two processes', requests: { A: a.signOut(), B: a.signIn('ada', there) } },
  {
    name: 'a sign-out after a sign-in, beside an update',
    requests: { A: a.signIn('ada'), B: a.signOut({ after: ['A'] }), C: a.add(there) },
  },
  {
    name: 'a sign-out in a handler that throws beside a sign-in',
    requests: { A: a.signOut({ throws: true }), B: a.signIn('ada', there) },
  },
  { name: 'two sign-outs', requests: { A: a.signOut(), B: a.signOut(there) } },
  { name: 'a sign-out, sent again', requests: { A: a.signOut({ retries: true }), B: a.read(there) } },
  {
    name: 'two sign-outs beside a sign-in',
    requests: { A: a.signOut(), B: a.signOut(there), C: a.signIn('ada', { process: 2 }) },
  },
  {
    name: 'a sign-out beside a sign-out everywhere',
    owner: 'ada',
    requests: { A: a.signOut(), B: a.signOutEverywhere('ada', there) },
  },
  { name: 'a sign-out beside an exclusive', requests: { A: a.signOut(), B: a.alone(there) } },
  { name: 'a destroy by id beside an update', requests: { A: a.destroyFirst(), B: a.add(there) } },
  { name: 'a destroy by id beside a sign-in', requests: { A: a.destroyFirst(), B: a.signIn('ada', there) } },
  { name: 'a destroy by id beside a rotation', requests: { A: a.destroyFirst(), B: a.rotate(60, there) } },
  {
    name: 'a sign-out everywhere beside an update',
    owner: 'ada',
    requests: { A: a.signOutEverywhere('ada'), B: a.add(there) },
  },
  {
    name: 'a sign-out everywhere beside a new id',
    owner: 'ada',
    requests: { A: a.signOutEverywhere('ada'), B: a.rotate(10, there) },
  },
  {
    name: 'a sign-out everywhere beside a sign-in',
    owner: 'ada',
    requests: { A: a.signOutEverywhere('ada'), B: a.signIn('ada', there) },
  },
  {
    name: 'a sign-out of the others beside another browser',
    owner: 'ada',
    requests: { A: a.signOutOthers('ada'), B: a.add({ browser: 'other', process: 1 }) },
  },
  // Several visitors.
  {
    name: 'two visitors',
    requests: { A: a.add(), B: a.add({ browser: 'other' }), C: a.signIn('eve', { browser: 'other' }) },
  },
  { name: 'two first visits', isNew: true, requests: { A: a.add(), B: a.add({ browser: 'other' }) } },
  // With the signer held as well.
  {
    name: 'a sign-in beside an update, the signer held',
    holdsSigner: true,
    requests: { A: a.signIn('ada'), B: a.add(there) },
  },
  { name: 'two rotations, the signer held', holdsSigner: true, requests: { A: a.rotate(10), B: a.rotate(10, there) } },
  // More of them at once.
  { name: 'a shorter lifetime beside an update', age: 3, requests: { A: a.shorten(60), B: a.add(there) } },
  { name: 'a shorter lifetime beside a sign-in', age: 3, requests: { A: a.shorten(60), B: a.signIn('ada', there) } },
  { name: 'a shorter lifetime beside a rotation', age: 3, requests: { A: a.shorten(60), B: a.rotate(10, there) } },
  { name: 'a sign-in that is saved before a throw', requests: { A: a.signInSaveAndThrow('ada'), B: a.add(there) } },
  { name: 'an update that is saved before a throw', requests: { A: a.addSaveAndThrow(), B: a.signIn('ada', there) } },
  { name: 'a save in the middle beside a sign-in', requests: { A: a.saveInTheMiddle(), B: a.signIn('ada', there) } },
  { name: 'a save in the middle beside a rotation', requests: { A: a.saveInTheMiddle(), B: a.rotate(10, there) } },
  {
    name: 'a rotation, then another, beside an update',
    requests: { A: a.rotate(60), B: a.rotate(60, { after: ['A'] }), C: a.add(there) },
  },
  {
    name: 'a rotation beside a sign-in and an update',
    requests: { A: a.rotate(10), B: a.signIn('ada', there), C: a.add({ process: 2 }) },
  },
  { name: 'a sign-in beside an exclusive', requests: { A: a.signIn('ada'), B: a.alone(there) } },
  { name: 'a rotation beside an exclusive', requests: { A: a.rotate(10), B: a.alone(there) } },
  { name: 'an edit beside a sign-in', requests: { A: a.editFirst(), B: a.signIn('ada', there) } },
  {
    name: 'a first update, sent again',
    isNew: true,
    requests: { A: a.add({ retries: true }), B: a.read({ after: ['A'] }) },
  },
  // Four at once.
  {
    name: 'four updates, two processes',
    requests: { A: a.add(), B: a.add(), C: a.add(there), D: a.add(there) },
  },
  {
    name: 'a sign-in and a sign-out beside two updates',
    requests: { A: a.signIn('ada'), B: a.signOut(there), C: a.add(there), D: a.add({ process: 2 }) },
  },
  // The clock moves on, at whatever moment.
  {
    name: 'a session that is over in a second, an update beside a read',
    age: NEARLY_OVER,
    clock: 2,
    requests: { A: a.add(), B: a.read(there) },
  },
  {
    name: 'a session that is over in a second, two updates',
    age: NEARLY_OVER,
    clock: 2,
    requests: { A: a.add(), B: a.add(there) },
  },
  {
    name: 'a session that is over in a second, two reads',
    age: NEARLY_OVER,
    clock: 2,
    requests: { A: a.read(), B: a.read(there) },
  },
  // A near store before a far one, in each process.
  { name: 'cached: two updates', store: 'cached', requests: { A: a.add(), B: a.add() } },
  {
    name: 'cached: a read, then an update, beside an update',
    store: 'cached',
    requests: { A: a.read(there), B: a.add(), C: a.add({ process: 1, after: ['A'] }) },
  },
  {
    name: 'cached: a read, then an update, beside a sign-out',
    store: 'cached',
    requests: { A: a.read(there), B: a.signOut(), C: a.add({ process: 1, after: ['A'] }) },
  },
  { name: 'cached: a sign-in beside an update', store: 'cached', requests: { A: a.signIn('ada'), B: a.add() } },
  {
    name: 'cached: a sign-in beside a sign-out',
    store: 'cached',
    requests: { A: a.signIn('ada'), B: a.signOut(there) },
  },
  { name: 'cached: a sign-out beside an update', store: 'cached', requests: { A: a.signOut(), B: a.add() } },
  // A store that is eventually consistent, each process in another place.
  { name: 'eventual: two updates', store: 'eventual', requests: { A: a.add(), B: a.add(there) } },
  { name: 'eventual: a sign-out beside an update', store: 'eventual', requests: { A: a.signOut(), B: a.add(there) } },
  {
    name: 'eventual: a sign-out beside two updates',
    store: 'eventual',
    requests: { A: a.signOut(), B: a.add(there), C: a.add({ process: 1, after: ['B'] }) },
  },
  {
    name: 'eventual: a sign-out beside a use that is due',
    store: 'eventual',
    age: 3,
    requests: { A: a.signOut(), B: a.read(there) },
  },
  {
    name: 'eventual: a destroy by id beside an update',
    store: 'eventual',
    requests: { A: a.destroyFirst(), B: a.add(there) },
  },
  {
    name: 'eventual: a sign-out, sent again',
    store: 'eventual',
    requests: { A: a.signOut({ retries: true }), B: a.read(there) },
  },
  {
    name: 'eventual: a sign-in beside an update',
    store: 'eventual',
    requests: { A: a.signIn('ada'), B: a.add(there) },
  },
  { name: 'eventual: a rotation beside an update', store: 'eventual', requests: { A: a.rotate(10), B: a.add(there) } },
  {
    name: 'eventual: two visitors',
    store: 'eventual',
    requests: { A: a.add(), B: a.add({ browser: 'other' }), C: a.signIn('eve', { browser: 'other', process: 1 }) },
  },
  // Sessions in their cookies, with revocations.
  { name: 'cookie: two updates', store: 'cookie', requests: { A: a.add(), B: a.add() } },
  { name: 'cookie: a sign-out beside an update', store: 'cookie', requests: { A: a.signOut(), B: a.add(there) } },
  {
    name: 'cookie: a sign-out after a sign-in, beside an update',
    store: 'cookie',
    requests: { A: a.signIn('ada'), B: a.signOut({ after: ['A'] }), C: a.add(there) },
  },
  {
    name: 'cookie: a sign-out, sent again',
    store: 'cookie',
    requests: { A: a.signOut({ retries: true }), B: a.read(there) },
  },
  {
    name: 'cookie: a sign-out everywhere beside an update',
    store: 'cookie',
    owner: 'ada',
    requests: { A: a.signOutEverywhere('ada'), B: a.add(there) },
  },
  {
    name: 'cookie: two sign-outs everywhere',
    store: 'cookie',
    owner: 'ada',
    requests: { A: a.signOutEverywhere('ada'), B: a.signOutEverywhere('ada', there) },
  },
]
