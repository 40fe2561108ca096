# The front door.
resource "aws_lb" "chat" {
  name         = "chat" // a name
  idle_timeout = 60
  tags         = { env = "prod", "team" = var.team }
  dynamic "access_logs" {
    for_each = [for x in var.logs : x if x != null]
    content { bucket = access_logs.value["id"] }
  }
}
