-- Neovim with the snippet of docs/editors.md: shows the findings of a chain, takes a quick fix, and the file is repaired.
--   nvim --headless -u NONE -c 'luafile neovim.lua', with SNIPPET and CHAIN in the environment

local function fail(why)
  io.stderr:write(why .. "\n")
  vim.cmd("cquit 1")
end

local ok, problem = pcall(function()
  dofile(os.getenv("SNIPPET"))
  vim.cmd("edit " .. os.getenv("CHAIN"))
  local function messages()
    return vim.tbl_map(function(d) return d.message end, vim.diagnostic.get(0))
  end
  local function wait(what, fits)
    if not vim.wait(20000, fits, 20) then
      error(what .. " did not come; the findings are: " .. vim.inspect(messages()))
    end
  end

  wait("findings", function() return #vim.diagnostic.get(0) == 4 end)
  local limit
  for _, found in ipairs(vim.diagnostic.get(0)) do
    assert(found.source == "hoplint", vim.inspect(found))
    if found.code == "limit-exceeded" then
      limit = found
    end
  end
  assert(limit, vim.inspect(messages()))
  assert(limit.severity == vim.diagnostic.severity.ERROR)
  local line = vim.api.nvim_buf_get_lines(0, limit.lnum, limit.lnum + 1, false)[1]
  assert(line:sub(limit.col + 1, limit.end_col) == "60s", line .. vim.inspect(limit))
  print("findings: " .. vim.inspect(messages()))

  -- As a person does: cursor on the finding, the menu of code actions, one chosen.
  vim.api.nvim_win_set_cursor(0, { limit.lnum + 1, limit.col })
  local offered
  vim.ui.select = function(items, options, choose)
    offered = vim.tbl_map(options.format_item or tostring, items)
    for i, title in ipairs(offered) do
      if title:find("29s", 1, true) then
        return choose(items[i], i)
      end
    end
    error("no repair among " .. vim.inspect(offered))
  end
  vim.lsp.buf.code_action({ diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0, limit.lnum) })
  wait("the repair", function()
    return vim.api.nvim_buf_get_lines(0, limit.lnum, limit.lnum + 1, false)[1]:find("integration: 29s", 1, true) ~= nil
  end)
  wait("the end of the finding", function()
    return not vim.tbl_contains(vim.tbl_map(function(d) return d.code end, vim.diagnostic.get(0)), "limit-exceeded")
  end)
  print("offered: " .. vim.inspect(offered))
  vim.cmd("write")
end)
if not ok then
  fail(tostring(problem))
end
vim.cmd("qall!")
