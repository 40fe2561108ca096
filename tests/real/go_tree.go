//go:build ignore

// Prints the syntax trees of the Go files named on the command line, after one `-`, as one JSON list.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
)

func tree(file ast.Node) []any {
	var read []any
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case nil:
			read = append(read, ")")
		case *ast.Ident:
			read = append(read, node.Name)
		case *ast.BasicLit:
			read = append(read, node.Value)
		case *ast.BinaryExpr:
			read = append(read, node.Op.String())
		default:
			read = append(read, fmt.Sprintf("%T", node))
		}
		return true
	})
	return read
}

func main() {
	read := []any{}
	for _, path := range os.Args[2:] {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.AllErrors)
		if err != nil {
			read = append(read, map[string]string{"cannot be read": err.Error()})
		} else {
			read = append(read, tree(file))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(read); err != nil {
		panic(err)
	}
}
