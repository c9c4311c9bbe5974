export default function Preflights() {
  return null;
}
