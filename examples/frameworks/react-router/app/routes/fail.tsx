import type { ReactNode } from 'react'
import type { ActionFunctionArgs } from 'react-router'
import { sessionContext } from '../sessions'

export async function action({ context }: ActionFunctionArgs) {
  const session = await context.get(sessionContext).write()
  session.set('count', 1000)
  throw new Error('on purpose')
}

export default function Fail(): ReactNode {
  return <p>This has failed</p>
}
