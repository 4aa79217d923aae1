"""Transforms: functions that turn a function into its derivative.

Read trace (one differentiation under way), pullback (its linear map back to the variables) and
argnums (which arguments); then reverse (grad, value_and_grad, elementwise_grad, vjp), forward (jvp)
and jacobian (jacobian, hessian, hvp). checkpoint saves memory; differentiate names the gradients as
the course does.
"""
