import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('sign-in', 'routes/sign-in.ts'),
  route('sign-out', 'routes/sign-out.ts'),
  route('fail', 'routes/fail.tsx'),
  route('public', 'routes/public.tsx'),
  route('live', 'routes/live.ts'),
] satisfies RouteConfig
