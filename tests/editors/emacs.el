;;; Emacs with the snippet of docs/editors.md: shows the findings of a chain, takes a quick fix, and the file is repaired.  -*- lexical-binding: t -*-
;;   emacs --batch -l emacs.el, with SNIPPET and CHAIN in the environment

(package-initialize)
(require 'eglot)
(require 'flymake)
(require 'cl-lib)

(defun wait (what fits)
  "Wait until FITS, or tell that WHAT did not come."
  (let ((late (+ (float-time) 20)))
    (while (not (funcall fits))
      (when (> (float-time) late)
        (error "%s did not come; the findings are: %S" what (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))
      (accept-process-output nil 0.05))))

(load (getenv "SNIPPET") nil t)
(setq eglot-sync-connect 10
      eglot-confirm-server-initiated-edits nil)
(find-file (getenv "CHAIN"))
(unless (derived-mode-p 'hoplint-chain-mode)
  (error "The mode is %s" major-mode))
;; In a batch there is no command after which `eglot-ensure' would start.
(apply #'eglot--connect (eglot--guess-contact))
(flymake-start)
(wait "findings" (lambda () (= (length (flymake-diagnostics)) 4)))
(let ((texts (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))
  (message "findings: %S" texts)
  (unless (cl-some (lambda (text) (string-match-p "timeoutInMillis of edge is set to 60s" text)) texts)
    (error "The limit is not among %S" texts)))

(goto-char (point-min))
(search-forward "integration: 60s")
(let* ((actions (append (eglot-code-actions (match-beginning 0) (match-end 0)) nil))
       (titles (mapcar (lambda (action) (plist-get action :title)) actions))
       (fix (cl-find-if (lambda (action) (string-match-p "29s" (plist-get action :title))) actions)))
  (message "offered: %S" titles)
  (unless fix (error "No repair among %S" titles))
  (eglot--apply-workspace-edit (or (plist-get fix :edit) (plist-get (eglot--request (eglot-current-server) :codeAction/resolve fix) :edit))))
(goto-char (point-min))
(search-forward "integration: 29s")
;; A person pauses, and then it is sent; a batch never does.
(eglot--signal-textDocument/didChange)
(wait "the end of the finding"
      (lambda ()
        (not (cl-some (lambda (found) (string-match-p "is set to 60s" (flymake-diagnostic-text found))) (flymake-diagnostics)))))
(save-buffer)
(eglot-shutdown (eglot-current-server))
