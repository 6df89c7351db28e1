export interface RunThatBroke {
  readonly what: string
  readonly scenario: string
  readonly text: string
  /** The planted fault that makes it break again. */
  readonly fault: string
}

/** What the explorer has found in core, and what is mended since. */
export const runsThatBroke: readonly RunThatBroke[] = [
  {
    what: 'a sign-out relied on another one, which failed and opened the session again',
    scenario: 'two sign-outs',
    text: 'AABBBAAAB!BB',
    fault: 'a sign-out that relies on another one, which fails',
  },
  {
    what: 'a sign-out relied on one that it had found under way, which failed and opened the session again',
    scenario: 'two sign-outs beside a sign-in',
    text: 'CCCCCAAABBA!A',
    fault: 'a sign-out that relies on one that it finds under way, which fails',
  },
  {
    what: 'a sign-out that failed took the cookie away, so that sending it again ended nothing',
    scenario: 'a sign-out, sent again',
    text: 'AAA!ANNN',
    fault: 'a sign-out that fails, and takes the cookie away',
  },
  {
    what: 'a rotation that came second sent its cookie over that of a sign-in',
    scenario: 'a rotation beside a sign-in',
    text: 'AAABBBBBAAA',
    fault: 'a rotation that sends its cookie over that of a sign-in',
  },
  {
    what: 'a sign-in left behind the id of a rotation, to which the old cookie led past it',
    scenario: 'a rotation beside a sign-in and an update',
    text: 'AAABBBCCAABBBCCCCC',
    fault: 'a sign-in that leaves a rotated id behind, to which the old cookie leads',
  },
  {
    what: 'a request that failed sent a cookie that it had only followed to, over that of a sign-in',
    scenario: 'a rotation beside a sign-in and an update',
    text: 'AAAABBBBCCCABBCC!C',
    fault: 'a failed request that sends the cookie of an id it only followed to',
  },
]
