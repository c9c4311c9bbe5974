export default function Readiness() {
  return null;
}
