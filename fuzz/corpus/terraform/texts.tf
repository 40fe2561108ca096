locals {
  a = <<-EOT
    x ${var.y} %{ if true }z%{ endif }
    EOT
  b = "a \"b\" $${c} ${join("-", [1, 2.5])}"
  c = -1 + 2 * (3 ? 4 : 5) /* six
  */
}
