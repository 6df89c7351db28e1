// Names of checks that find the faults in planted-faults.test.ts.

export const UNCHANGED = 'texts of any script, quotes, escapes and line ends come back unchanged'
export const ILL_FORMED = 'data and meta with halves of surrogate pairs come back unchanged, or are refused'
export const APART = 'owners are compared letter by letter, and nothing in them is a pattern'
export const LONG = 'owners that differ only at their ends are different, however long'
export const ON_AND_ON = 'update counts versions on and on: 255 to 256, 256 to 257'
export const TO_THE_END = 'a session lives to the end of its lifetime, which is no whole number of seconds'
export const EXPIRED_BY_FRACTIONS = 'deleteExpired takes a clock that has fractions'
