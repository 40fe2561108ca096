# The load balancer in front of the proxy.
variable "idle_timeout" {
  type    = number
  default = 120
}

resource "aws_lb" "chat" {
  name         = "chat"
  internal     = false
  idle_timeout = var.idle_timeout
}
