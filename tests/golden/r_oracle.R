# Numbers of R and its packages for fuzzed groups: Rscript tests/golden/r_oracle.R > tests/golden/r_oracle.json
# Needs robustbase, MASS, metafor, diptest, jsonlite. The groups follow from the seed and are stored, so
# that the test needs no R.
suppressPackageStartupMessages({
  library(robustbase); library(MASS); library(metafor); library(diptest); library(jsonlite)
})
set.seed(20261125, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

# MASS stops after 30 iterations, far from the fixed point where few results lie inside.
to_fixed_point <- eval(parse(text = sub("1:30", "1:20000", deparse(hubers), fixed = TRUE)))
environment(to_fixed_point) <- asNamespace("MASS")

one_group <- function(kind, n) switch(kind,
  round(rnorm(n, 10, 0.3), 1),
  signif(rnorm(n), 5),
  signif(rcauchy(n), 5),
  ifelse(runif(n) < 0.7, 5, round(rnorm(n, 5), 2)),
  signif(ifelse(runif(n) < 0.6, rnorm(n), rnorm(n, 8)), 5),
  signif(rlnorm(n, 0, 1.5), 5),
  round(rnorm(n, 140, 2)))

nearest_hampel <- function(x, s) {
  centre <- median(x)
  f <- function(m) sum(Mpsi((x - m) / s, cc = c(1.5, 3, 4.5), psi = "hampel"))
  if (f(centre) == 0) return(centre)
  grid <- centre + s * seq(-3, 3, length.out = 6001)
  value <- vapply(grid, f, 0)
  turn <- which(value[-1] * value[-length(value)] < 0)
  if (!length(turn)) return(NA)
  roots <- vapply(turn, function(i) uniroot(f, grid[i + 0:1], tol = 1e-14 * s)$root, 0)
  away <- sort(abs(roots - centre))
  # Two solutions equally near: the choice is a convention, not a number to compare.
  if (length(away) > 1 && away[2] - away[1] < 1e-6 * s) return(NA)
  roots[which.min(abs(roots - centre))]
}

numbers_of <- function(index) {
  n <- 2 + (index * 7) %% 39
  unit <- if (index %% 3 == 0) 10 ^ sample(-12:12, 1) else 1
  x <- signif(one_group(1 + index %% 7, n) * unit, 7)
  scale <- mad(x)
  live <- scale > 0 && n > 2
  hubers_of <- if (live) to_fixed_point(x, tol = 1e-11) else list(mu = NA, s = NA)
  list(x = x, median = median(x), mad = mad(x, constant = 1.483),
    quartiles = unname(quantile(x, c(0.25, 0.75), type = 7)), mean = mean(x), sd = sd(x),
    qn = Qn(x, constant = 2.2191, finite.corr = FALSE), sn = Sn(x),
    hubers = c(hubers_of$mu, hubers_of$s), huber = if (live) huber(x, tol = 1e-11)$mu else NA,
    hampel = if (live) nearest_hampel(x, scale) else NA, dip = dip(x))
}

consensus_of <- function(index) {
  n <- 3 + index %% 18
  u <- signif(rlnorm(n, -1, 0.6), 4)
  x <- signif(rnorm(n, 10, sqrt(u^2 + (index %% 4)^2 / 4)), 6)
  found <- lapply(c(dersimonian_laird = "DL", mandel_paule = "PM", reml = "REML"), function(method) {
    fit <- rma(x, sei = u, method = method, control = list(threshold = 1e-12, maxiter = 10000, tol = 1e-12))
    c(fit$b[1], fit$se, fit$tau2)
  })
  c(list(x = x, u = u), found)
}

grubbs_limit <- function(n, alpha) {
  t2 <- qt(1 - alpha / n, n - 2)^2
  (n - 1) / sqrt(n) * sqrt(t2 / (n - 2 + t2))
}
cochran_limit <- function(p, n, alpha) 1 / (1 + (p - 1) / qf(1 - alpha / p, n - 1, (p - 1) * (n - 1)))
limits <- list(
  grubbs = lapply(3:40, function(n) c(n, grubbs_limit(n, 0.05), grubbs_limit(n, 0.01))),
  cochran = lapply(2:40, function(p) c(p, cochran_limit(p, 2, 0.05), cochran_limit(p, 3, 0.01))),
  binomial = lapply(0:30, function(k) c(k, 30, binom.test(k, 30)$conf.int, prop.test(k, 30, correct = FALSE)$conf.int)))

packages <- c("robustbase", "MASS", "metafor", "diptest")
versions <- c(list(R = paste(R.version$major, R.version$minor, sep = ".")),
  setNames(lapply(packages, function(p) as.character(packageVersion(p))), packages))
cat(toJSON(list(versions = versions, groups = lapply(1:420, numbers_of),
  weighted = lapply(1:60, consensus_of), limits = limits), digits = NA, auto_unbox = TRUE, na = "null"))
