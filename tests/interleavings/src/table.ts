import type { Run } from './scenario.js'
import type { Step } from './schedule.js'

/** Who is at work in a run, as a column of its table. */
export interface Column {
  readonly letter: string
  readonly says: string
  /** What came of it. */
  readonly end: string
}

export function table({ told, steps, text }: Run): string {
  const columns = told.map(({ letter, plan, answer, error, dropped }) => {
    return { letter, says: plan.says, end: outcome(answer, error, dropped) }
  })
  return draw(columns, steps, text)
}

/** A run as a table: a column for each at work, a line for each step. */
export function draw(columns: readonly Column[], steps: readonly Step[], text: string): string {
  // What nobody asked for, such as the clock, has a column of its own.
  const others = [...new Set(steps.map(({ by }) => by))].filter((by) => columns.every(({ letter }) => letter !== by))
  const letters = [...columns.map(({ letter }) => letter), ...others]
  const rows = [[...columns.map(({ letter, says }) => `${letter} ${says}`), ...others], letters.map(() => '')]
  for (const { by, said } of steps) rows.push(letters.map((letter) => (letter === by ? said : '')))
  rows.push([...columns.map(({ end }) => end), ...others.map(() => '')])
  const widths = letters.map((_, column) =>
    Math.min(60, Math.max(...rows.map((row) => (row[column] as string).length))),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join(' | ')
      .trimEnd(),
  )
  lines[1] = widths.map((width) => '-'.repeat(width)).join('-|-')
  return `${lines.join('\n')}\n\nTo replay it: ${text}`
}

function outcome(answer: string | undefined, error: unknown, dropped: readonly string[]): string {
  const why = error instanceof Error ? `: ${error.message}` : ''
  const told = dropped.length > 0 ? `, told of ${dropped.join(', ')}` : ''
  return `= ${answer ?? 'no answer'}${why}${told}`
}
