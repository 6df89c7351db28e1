import { ADA, BOB, changes, inOrder, lists, renews, signsOut, signsOutEverywhere, starts, uses } from './processes.js'
import type { StoreScenario } from './run.js'

/** Two processes or three, each with a store of its own. */
export const storeScenarios: readonly StoreScenario[] = [
  // Records.
  { name: 'two changes', there: { x: ADA }, processes: { A: changes('x'), B: changes('x') } },
  { name: 'two creations of one id', there: {}, processes: { A: starts('n', ADA), B: starts('n', BOB) } },
  { name: 'a creation over what is there', there: { x: ADA }, processes: { A: starts('x', BOB), B: changes('x') } },
  { name: 'a sign-out beside a change', there: { x: ADA }, processes: { A: signsOut('x'), B: changes('x') } },
  { name: 'a sign-out beside a use', there: { x: ADA }, processes: { A: signsOut('x'), B: uses('x') } },
  { name: 'a change beside a use', there: { x: ADA }, processes: { A: changes('x'), B: uses('x', 30) } },
  // Of an owner's, beside a use that the entry in the index would not outlive.
  { name: 'two uses for long', there: { x: ADA }, processes: { A: uses('x', 30), B: uses('x', 20) } },
  { name: 'a sign-out beside a use for long', there: { x: ADA }, processes: { A: signsOut('x'), B: uses('x', 30) } },
  {
    name: 'a sign-out everywhere beside a use for long',
    there: { x: ADA },
    processes: { A: signsOutEverywhere(ADA), B: uses('x', 30) },
  },
  {
    name: 'a change for long beside a use for long',
    there: { x: ADA },
    processes: { A: changes('x', undefined, 30), B: uses('x', 20) },
  },
  { name: 'a list beside a use for long', there: { x: ADA }, processes: { A: lists(ADA), B: uses('x', 30) } },
  // New sessions.
  { name: 'a list beside a new session', there: { x: ADA }, processes: { A: lists(ADA), B: starts('n', ADA) } },
  {
    name: 'a sign-out everywhere beside a new session',
    there: { x: ADA },
    processes: { A: signsOutEverywhere(ADA), B: starts('n', ADA) },
  },
  {
    name: 'a new session that is used, beside a sign-out everywhere',
    there: {},
    processes: { A: inOrder(starts('n', ADA), uses('n', 30)), B: signsOutEverywhere(ADA) },
  },
  // New ids.
  { name: 'a new id beside a list', there: { x: ADA }, processes: { A: renews('x', 'n'), B: lists(ADA) } },
  {
    name: 'a new id beside a sign-out everywhere',
    there: { x: ADA },
    processes: { A: renews('x', 'n'), B: signsOutEverywhere(ADA) },
  },
  { name: 'a new id beside a sign-out', there: { x: ADA }, processes: { A: renews('x', 'n'), B: signsOut('x') } },
  { name: 'a new id beside a use for long', there: { x: ADA }, processes: { A: renews('x', 'n'), B: uses('x', 30) } },
  { name: 'two new ids', there: { x: ADA }, processes: { A: renews('x', 'n'), B: renews('x', 'm') } },
  // Owners that come and go.
  {
    name: 'an owner comes, beside a sign-out everywhere',
    there: { x: '' },
    processes: { A: changes('x', ADA), B: signsOutEverywhere(ADA) },
  },
  { name: 'an owner comes, beside a list', there: { x: '' }, processes: { A: changes('x', ADA), B: lists(ADA) } },
  {
    name: 'an owner comes, beside a sign-out',
    there: { x: '' },
    processes: { A: changes('x', ADA), B: signsOut('x') },
  },
  { name: 'two owners come', there: { x: '' }, processes: { A: changes('x', ADA), B: changes('x', BOB) } },
  {
    name: 'an owner goes, beside a use for long',
    there: { x: ADA },
    processes: { A: changes('x', null), B: uses('x', 30) },
  },
  {
    name: 'an owner goes, beside a sign-out everywhere',
    there: { x: ADA },
    processes: { A: changes('x', null), B: signsOutEverywhere(ADA) },
  },
  {
    name: 'an owner goes, and comes back in another process',
    there: { x: ADA },
    processes: { A: changes('x', null), B: changes('x', ADA) },
  },
  {
    name: 'an owner goes and comes back, beside a list',
    there: { x: ADA },
    processes: { A: inOrder(changes('x', BOB), changes('x', ADA)), B: lists(ADA) },
  },
  {
    name: 'an owner goes and comes back, beside a sign-out everywhere',
    there: { x: ADA },
    processes: { A: inOrder(changes('x', BOB), changes('x', ADA)), B: signsOutEverywhere(ADA) },
  },
  {
    name: 'owners that take turns',
    there: { x: ADA },
    processes: { A: changes('x', BOB), B: changes('x', ADA), C: changes('x', null) },
  },
  // Several at once.
  {
    name: 'two sign-outs everywhere',
    there: { x: ADA, y: ADA },
    processes: { A: signsOutEverywhere(ADA), B: signsOutEverywhere(ADA) },
  },
  {
    name: 'a sign-out of the others, beside their use',
    there: { x: ADA, y: ADA },
    processes: { A: signsOutEverywhere(ADA, 'x'), B: uses('y', 30) },
  },
  {
    name: 'a sign-out everywhere beside a sign-out and a use',
    there: { x: ADA, y: ADA },
    processes: { A: signsOutEverywhere(ADA), B: signsOut('x'), C: uses('y', 30) },
  },
]

/**
 * For Workers KV, in which each process has read all that is there, a minute at most before. What is not here: owners, since
 * it has no index of them; and two creations of one id, or one over what is there, since its `create` compares nothing.
 */
export const eventualScenarios: readonly StoreScenario[] = [
  { name: 'a sign-out beside a use', there: { x: '' }, clock: 61, processes: { A: signsOut('x'), B: uses('x') } },
  {
    name: 'a sign-out beside a use for long',
    there: { x: '' },
    clock: 61,
    processes: { A: signsOut('x'), B: uses('x', 30) },
  },
  { name: 'a sign-out beside a change', there: { x: '' }, clock: 61, processes: { A: signsOut('x'), B: changes('x') } },
  { name: 'two sign-outs', there: { x: '' }, clock: 61, processes: { A: signsOut('x'), B: signsOut('x') } },
  { name: 'a change beside a use', there: { x: '' }, clock: 61, processes: { A: changes('x'), B: uses('x') } },
  { name: 'two uses', there: { x: '' }, clock: 61, processes: { A: uses('x'), B: uses('x', 3) } },
  { name: 'a new id beside a use', there: { x: '' }, clock: 61, processes: { A: renews('x', 'n'), B: uses('x') } },
  {
    name: 'a new id beside a change',
    there: { x: '' },
    clock: 61,
    processes: { A: renews('x', 'n'), B: changes('x') },
  },
  {
    name: 'a new id beside a sign-out',
    there: { x: '' },
    clock: 61,
    processes: { A: renews('x', 'n'), B: signsOut('x') },
  },
  { name: 'a new session beside another', there: {}, clock: 61, processes: { A: starts('n'), B: starts('m') } },
  {
    name: 'a new session that is used, beside another',
    there: {},
    clock: 61,
    processes: { A: inOrder(starts('n'), uses('n')), B: starts('m') },
  },
  { name: 'two changes', there: { x: '' }, clock: 61, processes: { A: changes('x'), B: changes('x') } },
  {
    name: 'a change beside a use for long',
    there: { x: '' },
    clock: 61,
    processes: { A: changes('x'), B: uses('x', 30) },
  },
  {
    name: 'a new id beside a use for long',
    there: { x: '' },
    clock: 61,
    processes: { A: renews('x', 'n'), B: uses('x', 30) },
  },
  { name: 'two new ids', there: { x: '' }, clock: 61, processes: { A: renews('x', 'n'), B: renews('x', 'm') } },
  // Three, within the minute in which none of them hears of the others.
  {
    name: 'a sign-out beside a change and a use',
    there: { x: '' },
    processes: { A: signsOut('x'), B: changes('x'), C: uses('x') },
  },
  {
    name: 'a sign-out beside two changes',
    there: { x: '' },
    processes: { A: signsOut('x'), B: changes('x'), C: changes('x') },
  },
  {
    name: 'a new id beside a change and a use',
    there: { x: '' },
    processes: { A: renews('x', 'n'), B: changes('x'), C: uses('x') },
  },
  {
    name: 'a new id beside a sign-out and a use for long',
    there: { x: '' },
    processes: { A: renews('x', 'n'), B: signsOut('x'), C: uses('x', 30) },
  },
]
