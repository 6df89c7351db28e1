import { type ActionFunctionArgs, redirect } from 'react-router'
import { sessionContext } from '../sessions'

export async function action({ context }: ActionFunctionArgs) {
  const session = await context.get(sessionContext).write()
  session.destroy()
  return redirect('/', 303)
}
