a "b" {
  c = [1
  d = "x
  e

a "c" {
  f = 1
}
}
