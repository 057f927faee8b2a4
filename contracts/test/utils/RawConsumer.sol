// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInferenceConsumer} from "../../src/consumer/IInferenceConsumer.sol";
import {IRequests, Order} from "../../src/IRequests.sol";

enum Behaviour {
    Notes,
    Reverts,
    BurnsAllGas,
    /// Reverts with a megabyte.
    RevertsWithMuch,
    /// Returns a megabyte.
    ReturnsMuch,
    /// Calls `again` and notes whether that succeeded.
    CallsAgain
}

/// @dev A consumer without the base's guards, that behaves as it is told.
contract RawConsumer is IInferenceConsumer {
    IRequests private immutable _requests;
    Behaviour public behaviour;
    bytes private _again;

    uint256 public calls;
    /// @dev Gas at the first instruction of the call.
    uint256 public gasSeen;
    bytes32 public id;
    bytes public output;
    bytes public data;
    bool public failed;
    bool public againSucceeded;

    constructor(IRequests requests) {
        _requests = requests;
    }

    function behave(Behaviour behaviour_) external {
        behaviour = behaviour_;
    }

    function setAgain(bytes calldata again) external {
        _again = again;
    }

    function ask(Order calldata order, bytes calldata data_) external payable returns (uint64) {
        return _requests.request{value: msg.value}(order, "", data_);
    }

    function inferenceResult(bytes32 id_, bytes calldata output_, bytes calldata data_) external {
        uint256 left = gasleft();
        output = output_;
        _note(left, id_, data_);
    }

    function inferenceFailed(bytes32 id_, bytes calldata data_) external {
        failed = true;
        _note(gasleft(), id_, data_);
    }

    function _note(uint256 left, bytes32 id_, bytes calldata data_) private {
        calls++;
        gasSeen = left;
        id = id_;
        data = data_;
        if (behaviour == Behaviour.Reverts) revert("as told");
        if (behaviour == Behaviour.BurnsAllGas) {
            assembly {
                invalid()
            }
        }
        if (behaviour == Behaviour.RevertsWithMuch) {
            assembly {
                revert(0, 1000000)
            }
        }
        if (behaviour == Behaviour.CallsAgain) (againSucceeded,) = address(_requests).call(_again);
        if (behaviour == Behaviour.ReturnsMuch) {
            assembly {
                return(0, 1000000)
            }
        }
    }
}
