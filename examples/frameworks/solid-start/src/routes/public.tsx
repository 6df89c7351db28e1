export default function Public() {
  return <p>the same for all</p>
}
