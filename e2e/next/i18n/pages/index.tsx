export default function Home() {
  return <main>open</main>
}
